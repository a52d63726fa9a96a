import type { Line } from "../types";
import { Icon } from "./icons";

/** The emergency lines, as links that call or text. */
export function Lines({ lines }: { lines: Line[] }) {
  return (
    <ul class="lines">
      {lines.map((line) => (
        <li key={line.href}>
          <a href={line.href} rel="noreferrer" data-test="line">
            <Icon name="phone" />
            <strong>
              {line.name} <span dir="ltr">{line.number}</span>
            </strong>
            {line.note && <small>{line.note}</small>}
          </a>
        </li>
      ))}
    </ul>
  );
}
