import { render } from "preact";
import { App } from "./desk/app";
import "./styles/desk.css";
import "./styles/alert.css";
import "./styles/roster.css";
import "./styles/terms.css";
import "./styles/reach.css";
import "./styles/drills.css";

const app = document.getElementById("app");
if (app) {
  app.replaceChildren();
  render(<App surface="staff" />, app);
}
