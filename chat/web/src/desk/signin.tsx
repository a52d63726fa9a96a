import { desk } from "@texts";
import { useState } from "preact/hooks";
import { signIn, type Account } from "./account";

interface Props {
  title: string;
  campus: string;
  again: boolean;
  onSignedIn: (account: Account) => void;
}

export function SignInForm({ title, campus, again, onSignedIn }: Props) {
  const texts = desk.signIn;
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<string | null>(again ? texts.again : null);

  const send = async () => {
    setBusy(true);
    setFault(null);
    const answer = await signIn(email, password);
    setBusy(false);
    if (typeof answer === "string") setFault(texts[answer]);
    else onSignedIn(answer);
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
        <label>
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
        <label>
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
      </form>
    </main>
  );
}
