/** A copy of this machine for commands that need root: its files are forgotten and its processes ended with the last command. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const PROGRAMS = ["/usr/bin/sudo", "/usr/bin/systemctl", "/usr/sbin/ip", "/usr/sbin/nginx"];
const isRoot = process.getuid?.() === 0;
const absent = PROGRAMS.filter((path) => !existsSync(path));
if (isRoot && absent.length > 0 && process.env["CI"])
  throw new Error(`${absent} are not installed. CI must run the commands that need root.`);

/** Whether this machine can make a scratch root. */
export const hasScratchRoot = isRoot && absent.length === 0;

/** The checkout is at /srv, because another user may not be able to read the folders above it. */
const ENTER = `
set -eu
ip link set lo up
mkdir scratch
mount -t tmpfs scratch scratch
cd scratch
mkdir upper work root
mount -t overlay scratch -o lowerdir=/,upperdir=upper,workdir=work root
mount -t proc proc root/proc
mkdir -p "root$FOLDER"
mount --rbind /dev root/dev
mount --bind "$FOLDER" "root$FOLDER"
mount --bind -o ro "$CHECKOUT" root/srv
cp "$FOLDER"/programs/* root/usr/local/sbin
ln -sf "$NODE" root/usr/local/sbin/node
chroot root bash --norc -euc 'cd "$FOLDER"; . ./commands.sh'
# systemctl compares its root with that of process 1, which is this shell: as the last command, chroot would replace it.
true
`;

/**
 * Runs commands as root on a copy of this machine, which has only its own 127.0.0.1 as a network. The checkout is at `/srv`.
 * @param folder where they run; what they write to it stays
 * @param programs scripts that stand in for what such a machine does not have, by the name of the program
 */
export function runInScratchRoot(
  folder: string,
  commands: string,
  programs: Readonly<Record<string, string>>,
): { code: number | null; printed: string } {
  mkdirSync(join(folder, "programs"));
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(folder, "programs", name), `#!/bin/bash\nset -eu\n${text}`, { mode: 0o755 });
  writeFileSync(join(folder, "commands.sh"), commands);
  const env = { FOLDER: folder, CHECKOUT: resolve("."), NODE: process.execPath };
  const { status, stdout } = spawnSync(
    "unshare",
    [
      "--mount",
      "--net",
      "--pid",
      "--fork",
      "--kill-child",
      "bash",
      "--norc",
      "-c",
      `exec 2>&1\n${ENTER}`,
    ],
    { cwd: folder, env: { PATH: process.env["PATH"], ...env }, encoding: "utf8" },
  );
  return { code: status, printed: stdout };
}
