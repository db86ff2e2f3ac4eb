import { describe } from "vitest";
import { hasBrowser } from "../../testing/browser.ts";
import { ENGINES } from "../../testing/engines.ts";
import { testPage } from "../../testing/page-tests.ts";

describe.runIf(hasBrowser).each(ENGINES.slice(1))("the page on $name", testPage);
