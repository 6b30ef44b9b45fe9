/** What the one tag does: it defines `<arvio-rating>` and, with an e-service, puts one beside itself. */

import { ArvioRating, countPending } from "./element";

const NAME = "arvio-rating";
const ATTRIBUTES = ["eservice-id", "language", "end-point", "completion-token", "preview"];

type Options = Readonly<Record<string, string | undefined>>;

// A module script has no `currentScript`.
const script =
  (document.currentScript as HTMLScriptElement | null) ??
  document.querySelector<HTMLScriptElement>('script[src*="/widget"]');

const server = new URL(".", script?.src || location.href).href;

function makeElement(options: Options): ArvioRating {
  const element = document.createElement(NAME) as ArvioRating;
  element.server = server;
  for (const name of ATTRIBUTES) {
    const value = options[name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
    if (value) element.setAttribute(name, value);
  }
  return element;
}

// A page may load the script again, from a second tag or after a change of view.
if (!customElements.get(NAME)) {
  ArvioRating.server = server;
  customElements.define(NAME, ArvioRating);
  Object.assign(window, {
    arvio: {
      /** Ask at the end of `parent`; returns the element. */
      ask(parent: Element, options: Options): ArvioRating {
        const element = makeElement(options);
        parent.append(element);
        return element;
      },
      /** How many ratings the server has not accepted yet. */
      get pending(): number {
        return countPending();
      },
    },
  });
}

if (script?.dataset["eserviceId"] && script.nextElementSibling?.localName !== NAME) {
  const element = makeElement(script.dataset);
  if (!script.closest("head")) script.after(element);
  // Nothing in the head can be seen.
  else if (document.readyState !== "loading") document.body.append(element);
  else addEventListener("DOMContentLoaded", () => document.body.append(element));
}
