CREATE TABLE `events` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`at_ms` bigint NOT NULL,
	`type` varbinary(40) NOT NULL,
	`user_id` bigint,
	`client_id` varbinary(100),
	`session_id` varbinary(22),
	`address` varbinary(200),
	`request_id` varbinary(64),
	`user_agent` varbinary(800),
	`detail` varbinary(200),
	CONSTRAINT `events_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE INDEX `events_user` ON `events` (`user_id`);--> statement-breakpoint
CREATE INDEX `events_at` ON `events` (`at_ms`);