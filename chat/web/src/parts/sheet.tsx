import { shared } from "@texts";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Icon } from "./icons";

interface Props {
  title: string;
  test: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** A sheet over the page: the browser keeps the focus inside and gives it back; Escape and a tap beside close. */
export function Sheet({ title, test, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      data-test={test}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div class="head">
        <h2 id={id}>{title}</h2>
        <button type="button" class="shut" aria-label={shared.close} onClick={onClose} data-test="sheet-close">
          <Icon name="close" />
        </button>
      </div>
      <div class="stack">{children}</div>
    </dialog>
  );
}
