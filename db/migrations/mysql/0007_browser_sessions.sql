ALTER TABLE `sessions` ADD `browser` boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `parent_id` varbinary(22);--> statement-breakpoint
ALTER TABLE `sessions` ADD `auth_time_ms` bigint;--> statement-breakpoint
ALTER TABLE `sessions` ADD `amr` varbinary(60);--> statement-breakpoint
CREATE INDEX `sessions_parent` ON `sessions` (`parent_id`);