/** Every command, in the order of the help. */
import { AUDIT_COMMAND } from "./audit.ts";
import { BACKUP_COMMAND } from "./backup.ts";
import { CLIENT_COMMANDS } from "./clients.ts";
import type { AnyCommand } from "./command.ts";
import { completionCommand } from "./completion.ts";
import { DOCTOR_COMMAND } from "./doctor.ts";
import { EXPORT_COMMAND } from "./export.ts";
import { IMPORT_COMMAND } from "./import.ts";
import { KEY_COMMANDS } from "./keys.ts";
import { MAIL_COMMAND } from "./mail.ts";
import { SERVICE_COMMANDS } from "./service.ts";
import { SESSIONS_COMMAND } from "./sessions.ts";
import { USER_COMMANDS } from "./users.ts";

const COMPLETED: readonly AnyCommand[] = [
  ...SERVICE_COMMANDS,
  DOCTOR_COMMAND,
  ...USER_COMMANDS,
  SESSIONS_COMMAND,
  IMPORT_COMMAND,
  EXPORT_COMMAND,
  ...CLIENT_COMMANDS,
  ...KEY_COMMANDS,
  MAIL_COMMAND,
  AUDIT_COMMAND,
  BACKUP_COMMAND,
];

/** Every command. */
export const COMMANDS: readonly AnyCommand[] = [...COMPLETED, completionCommand(COMPLETED)];
