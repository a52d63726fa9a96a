import { desk } from "@texts";
import { fill } from "../texts";
import type { Drill } from "./drills-api";
import { took } from "./words";

const MOST = 8;
const WIDTH = 320;
const HEIGHT = 190;
const TOP = 30;
const FLOOR = 150;
const SIDE = 26;

/** The time until somebody had it, drill by drill, the latest on the right. The table below says the same. */
export function DrillPlot({ drills, lang }: { drills: Drill[]; lang: string }) {
  const texts = desk.drills;
  const shown = drills.slice(0, MOST).reverse();
  const times = shown.map((drill) => drill.answered_after);
  const longest = Math.max(1, ...times.map((time) => time ?? 0));
  const step = shown.length > 1 ? (WIDTH - 2 * SIDE) / (shown.length - 1) : 0;
  const day = new Intl.DateTimeFormat(lang, { day: "numeric", month: "short", timeZone: "UTC" });
  const place = (index: number) => (shown.length > 1 ? SIDE + index * step : WIDTH / 2);
  const label = (index: number) => day.format(new Date(shown[index]?.day ?? 0));
  const last = shown.length - 1;
  return (
    <figure class="drill-plot" data-test="drill-plot">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={fill(texts.plot, { count: shown.length })}>
        <line class="floor" x1="0" x2={WIDTH} y1={FLOOR} y2={FLOOR} />
        {times.map((time, index) => {
          const x = place(index);
          const y = time === null ? TOP : FLOOR - (time / longest) * (FLOOR - TOP);
          return (
            <g key={index} class={time === null ? "missed" : ""}>
              <line x1={x} x2={x} y1={FLOOR} y2={y + 5} />
              <circle cx={x} cy={y} r="5" />
              <text x={x} y={y - 11} text-anchor="middle">
                {time === null ? texts.nobodyShort : took(time)}
              </text>
            </g>
          );
        })}
        <text x={place(0)} y={FLOOR + 24} text-anchor={last > 0 ? "start" : "middle"} dx={last > 0 ? -SIDE + 4 : 0}>
          {label(0)}
        </text>
        {last > 0 && (
          <text x={place(last)} y={FLOOR + 24} text-anchor="end" dx={SIDE - 4}>
            {label(last)}
          </text>
        )}
      </svg>
      <figcaption class="quiet small">{texts.plotSays}</figcaption>
    </figure>
  );
}
