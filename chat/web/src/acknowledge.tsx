import { render } from "preact";
import { TapPage } from "./reach/tap";
import "./styles/tap.css";

const app = document.getElementById("app");
if (app) {
  app.replaceChildren();
  render(<TapPage />, app);
}
