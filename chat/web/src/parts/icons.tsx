/** The project's own stroke icons, 24 by 24. They never stand without words. */
const PATHS = {
  phone: "M7 4H4.5C4.5 13 11 19.5 20 19.5V17l-4.5-2-2 2C10.7 15.7 8.3 13.3 7 10.5l2-2z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5m-6 6l6-6 6 6",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  ear: "M7 10a5 5 0 0 1 10 0c0 4-3.5 4.5-4 8a2.5 2.5 0 0 1-4.5 1M9.5 10.500a2.5 2.5 0 0 1 5 0c0 1.5-1 2-1.5 2.5",
  shield: "M12 3.500l7 2.500v5.500c0 4.5-3 7.5-7 9-4-1.5-7-4.5-7-9V6zM9 12l2.2 2.200L15.5 10",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  count: "M5 19v-5m5 5V9m5 10v-7m5 7V5",
  key: "M14.5 13.500a4.5 4.5 0 1 0-4-4L4 16v4h4v-2.500h2.500V15zM16 8h.01",
  net: "M4 9.500a12 12 0 0 1 16 0M7 13a7.5 7.5 0 0 1 10 0M10 16.500a3 3 0 0 1 4 0M12 19.500h.01",
  place: "M12 21s-6.5-5.5-6.5-11a6.5 6.5 0 0 1 13 0c0 5.5-6.5 11-6.5 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  write: "M4.5 19.500l1-4.500L16 4.500l3.5 3.500L9 18.500zM13.5 7l3.5 3.5",
  swap: "M4 8h14m-4-4l4 4-4 4M20 16H6m4-4l-4 4 4 4",
  flag: "M6 21V4m0 1c4-2.5 8 2.5 12 0v9c-4 2.5-8-2.5-12 0",
  end: "M13 4.500H6.500a1 1 0 0 0-1 1v13a1 1 0 0 0 1 1H13M10.5 12H20m-3.5-3.500L20 12l-3.5 3.5",
  lamp: "M8 3.500h8l3 8.500H5zM12 12v7.500M8 19.500h8",
  chat: "M4.5 5.500h15v11H11l-4.5 3.500v-3.500h-2z",
  pause: "M9 6v12M15 6v12",
  bell: "M6 16.500c1-1.5 1-3 1-5.500a5 5 0 0 1 10 0c0 2.5 0 4 1 5.500zM10.5 19.500h3",
  check: "M5 12.500l4.5 4.500L19 7.5",
  list: "M8.5 6.500H20M8.5 12H20M8.5 17.500H20M4.5 6.500h.01M4.5 12h.01M4.5 17.500h.01",
  people: "M9 11.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 19.500c0-3.5 2.5-5.5 6-5.500s6 2 6 5.500M16 5a3.2 3.2 0 0 1 0 6.200M18 14.500c2 .8 3 2.5 3 5",
  gear: "M4 7.500h8m4 0h4M4 16.500h4m4 0h8M14 5.500v4M10 14.500v4",
  out: "M10 4.500h7.500a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H10M13.5 12H4m3.5-3.500L4 12l3.5 3.5",
  seal: "M3.5 6.500h17v11h-17zM4 7l8 6 8-6",
  back: "M19 12H5m6-6l-6 6 6 6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

const MOUTHS = [
  "M15 31q7-8 14 0",
  "M15 30q7-4 14 0",
  "M15 29h14",
  "M15 27q7 5 14 0",
  "M14 26q8 10 16 0",
];

/** One of five drawn faces, 1 to 5. */
export function Face({ value }: { value: number }) {
  return (
    <svg viewBox="0 0 44 44" aria-hidden="true">
      <circle cx="22" cy="22" r="19" />
      <path d={`M16 17v3M28 17v3${MOUTHS[value - 1] ?? ""}`} fill="none" />
    </svg>
  );
}
