import { render } from "preact";
import "./styles/base.css";
render(<p>x</p>, document.body);
