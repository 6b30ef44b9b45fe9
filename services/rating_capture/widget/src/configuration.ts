/** What the widget asks and says: one call, shared by all widgets that need the same. */

import { isTemporary, request, waitBeforeRetry } from "./delivery";

export interface Question {
  readonly question_id: string;
  readonly text: string;
  readonly weight: number;
}

export interface Texts {
  /** Five names, from one star to five. */
  readonly stars: readonly string[];
  readonly send: string;
  readonly sending: string;
  readonly thanks: string;
  readonly thanks_note: string;
  readonly choose_stars: string;
  readonly comment_label: string;
  readonly comment_hint: string;
  /** Holds `{count}`. */
  readonly characters_left: string;
  readonly waiting: string;
  readonly failed: string;
  readonly privacy: string;
  /** Stands above a question that is only shown. */
  readonly preview: string;
}

export interface Configuration {
  readonly eservice_id: string;
  readonly language: string;
  readonly is_open: boolean;
  readonly is_comment_allowed: boolean;
  readonly comment_max_characters: number;
  readonly questions: readonly Question[];
  readonly texts: Texts;
}

type Listener = (status: number) => void;

const loading = new Map<string, Promise<Configuration | number>>();

async function load(url: string, onFailure: Listener): Promise<Configuration | number> {
  for (let failures = 1; ; failures++) {
    const answer = await request(url);
    if (answer?.ok) {
      // A body that breaks off or is no JSON is one more temporary failure.
      const configuration = await (answer.json() as Promise<Configuration>).catch(() => undefined);
      if (configuration) return configuration;
    } else if (answer && !isTemporary(answer.status)) {
      return answer.status;
    }
    onFailure(answer?.status ?? 0);
    await waitBeforeRetry(failures, answer);
  }
}

/** Return the configuration, trying as long as it takes, or the status that refuses it for good. */
export function loadConfiguration(
  url: string,
  onFailure: Listener,
): Promise<Configuration | number> {
  let promise = loading.get(url);
  if (!promise) {
    promise = load(url, onFailure).finally(() => loading.delete(url));
    loading.set(url, promise);
  }
  return promise;
}
