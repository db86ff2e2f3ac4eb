CREATE TABLE `events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at_ms` integer NOT NULL,
	`type` text NOT NULL,
	`user_id` integer,
	`client_id` text,
	`session_id` text,
	`address` text,
	`request_id` text,
	`user_agent` text,
	`detail` text
);
--> statement-breakpoint
CREATE INDEX `events_user` ON `events` (`user_id`);--> statement-breakpoint
CREATE INDEX `events_at` ON `events` (`at_ms`);