import { desk } from "@texts";
import { useEffect, useRef, useState } from "preact/hooks";
import { signIn, type Account, type Enrolment, type Fault } from "./account";

interface Props {
  title: string;
  campus: string;
  again: boolean;
  onSignedIn: (account: Account) => void;
}

/** Address and password; then, where the account has a second factor, the code of its app. */
export function SignInForm({ title, campus, again, onSignedIn }: Props) {
  const texts = desk.signIn;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asked, setAsked] = useState<Enrolment | "code" | null>(null);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(again ? texts.again : null);

  const send = async () => {
    setBusy(true);
    setFault(null);
    const answer = await signIn(email, password, asked ? code.trim() : "");
    setBusy(false);
    if (answer === "code_needed") return setAsked("code");
    if (typeof answer !== "string") return "secret" in answer ? setAsked(answer) : onSignedIn(answer);
    setFault(texts[answer satisfies Fault]);
    setCode("");
    if (answer !== "code_wrong" && answer !== "later") setAsked(null);
  };

  return (
    <main id="main" class="sign-in">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void send();
        }}
      >
        <p class="quiet">
          {campus} · {title}
        </p>
        <h1>{texts.title}</h1>
        {fault && (
          <p class="banner" role="alert" data-test="sign-in-fault">
            {fault}
          </p>
        )}
        {asked && <Code asked={asked} code={code} onCode={setCode} />}
        <label hidden={asked !== null}>
          {texts.email}
          <input
            type="email"
            autocomplete="username"
            required
            value={email}
            onInput={(event) => setEmail(event.currentTarget.value)}
            data-test="email"
          />
        </label>
        <label hidden={asked !== null}>
          {texts.password}
          <input
            type="password"
            autocomplete="current-password"
            required
            value={password}
            onInput={(event) => setPassword(event.currentTarget.value)}
            data-test="password"
          />
        </label>
        <button type="submit" class="button main wide" aria-disabled={busy} data-test="sign-in">
          {busy ? texts.doing : texts.do}
        </button>
        {asked && (
          <button
            type="button"
            class="button plain wide"
            onClick={() => {
              setAsked(null);
              setFault(null);
            }}
            data-test="sign-in-again"
          >
            {texts.other}
          </button>
        )}
      </form>
    </main>
  );
}

function Code({ asked, code, onCode }: { asked: Enrolment | "code"; code: string; onCode: (code: string) => void }) {
  const texts = desk.signIn;
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <>
      {asked !== "code" && (
        <div class="enrol" data-test="enrol">
          <p>{texts.enrol}</p>
          <Squares rows={asked.squares} label={texts.squares} />
          <p>
            <a href={asked.address}>{texts.open}</a>
          </p>
          <p>
            {texts.secret} <code data-test="secret">{asked.secret.match(/.{1,4}/g)?.join(" ")}</code>
          </p>
        </div>
      )}
      <label>
        {texts.code}
        <input
          ref={field}
          type="text"
          inputmode="numeric"
          autocomplete="one-time-code"
          required
          maxLength={9}
          value={code}
          onInput={(event) => onCode(event.currentTarget.value)}
          data-test="code"
        />
      </label>
    </>
  );
}

/** A QR code; dark on light in every scheme, as cameras need it, with the quiet edge that they need too. */
function Squares({ rows, label }: { rows: string[]; label: string }) {
  const size = rows.length + 8;
  const path = rows
    .flatMap((row, y) => Array.from(row, (dark, x) => (dark === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="squares" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
