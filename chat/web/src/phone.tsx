import { render } from "preact";
import { PhonePage } from "./reach/phone";
import "./styles/tap.css";

const app = document.getElementById("app");
if (app) {
  app.replaceChildren();
  render(<PhonePage />, app);
}
