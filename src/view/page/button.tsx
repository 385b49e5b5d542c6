interface ButtonProps {
  readonly text: string;
  /** More than the text says: the key that does the same. */
  readonly says?: string;
  /** Of buttons that stay pressed. */
  readonly isOn?: boolean;
  readonly isOff?: boolean;
  readonly does: () => void;
}

export function Button({ text, says, isOn, isOff, does }: ButtonProps) {
  return (
    <button
      type="button"
      title={says}
      // A sign alone says nothing to those who do not see it.
      aria-label={text.length === 1 ? says : undefined}
      aria-pressed={isOn}
      disabled={isOff}
      onClick={does}
    >
      {text}
    </button>
  );
}
