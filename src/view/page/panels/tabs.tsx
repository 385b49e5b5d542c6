import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';

interface TabsProps<Name extends string> {
  readonly label: string;
  readonly names: readonly Name[];
  readonly shown: Name;
  readonly show: (name: Name) => void;
  readonly children: ComponentChildren;
}

/** One of several things in the same place. Arrows go from one to the next. */
export function Tabs<Name extends string>(props: TabsProps<Name>) {
  const { label, names, shown, show, children } = props;
  const list = useRef<HTMLDivElement>(null);
  const pressed = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const at = (names.indexOf(shown) + by + names.length) % names.length;
    show(names[at] ?? shown);
    list.current?.querySelectorAll('button')[at]?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={pressed}>
        {names.map((name) => (
          <button
            type="button"
            key={name}
            role="tab"
            aria-selected={name === shown}
            tabIndex={name === shown ? 0 : -1}
            onClick={() => show(name)}
          >
            {name}
          </button>
        ))}
      </div>
      <div class="tab" role="tabpanel" aria-label={shown}>
        {children}
      </div>
    </>
  );
}
