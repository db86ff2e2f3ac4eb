ALTER TABLE `sessions` ADD `browser` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `parent_id` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `auth_time_ms` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `amr` text;--> statement-breakpoint
CREATE INDEX `sessions_parent` ON `sessions` (`parent_id`);