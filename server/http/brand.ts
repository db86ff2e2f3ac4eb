/**
 * The colors that follow from BRAND_COLOR, so that whatever somebody chooses can be read in the light and in the dark look.
 */

/** Colors as in CSS. */
export interface BrandColors {
  button: string;
  /** The text on it. */
  onButton: string;
  /** Links, and what else is drawn in the color on the paper. */
  accent: { light: string; dark: string };
}

type Rgb = readonly [number, number, number];

const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];

/**
 * The darkest paper of the light look and the lightest one of the dark look that a text in the accent is on. They are
 * `--paper` and `--card` in `client/web/style.css`.
 */
const PAPER: Readonly<Record<"light" | "dark", Rgb>> = {
  light: [0xf6, 0xf5, 0xf1],
  dark: [0x1b, 0x1f, 0x1d],
};

/** More than the 4.5 of WCAG 2.2 (1.4.3): some of it is on a wash of its own color. */
const CONTRAST = 5.5;

const parse = (hex: string): Rgb => {
  const part = (at: number) => Number.parseInt(hex.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
};

const format = (color: Rgb) =>
  `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/** The relative luminance (WCAG 2.2). */
function luminance(color: Rgb): number {
  const [r, g, b] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The contrast ratio of two colors, 1 to 21 (WCAG 2.2). */
export function contrast(one: Rgb, other: Rgb): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const mix = (from: Rgb, to: Rgb, share: number): Rgb => {
  const part = (at: 0 | 1 | 2) => Math.round(from[at] + (to[at] - from[at]) * share);
  return [part(0), part(1), part(2)];
};

/** The nearest color towards another one that can be read on a paper. */
function readable(color: Rgb, towards: Rgb, paper: Rgb): Rgb {
  for (let percent = 0; percent < 100; percent += 2) {
    const mixed = mix(color, towards, percent / 100);
    if (contrast(mixed, paper) >= CONTRAST) return mixed;
  }
  return towards;
}

/** @param hex as `#rrggbb` */
export function brandColors(hex: string): BrandColors {
  const color = parse(hex);
  return {
    button: format(color),
    // One of the two always has a contrast of more than 4.5.
    onButton: format(contrast(color, WHITE) >= contrast(color, BLACK) ? WHITE : BLACK),
    accent: {
      light: format(readable(color, BLACK, PAPER.light)),
      dark: format(readable(color, WHITE, PAPER.dark)),
    },
  };
}
