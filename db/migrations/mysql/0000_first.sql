CREATE TABLE `clients` (
	`id` varbinary(100) NOT NULL,
	`secret_hash` varbinary(43),
	`grants` varbinary(200) NOT NULL,
	`scopes` varbinary(1000) NOT NULL,
	`created_at_ms` bigint NOT NULL,
	CONSTRAINT `clients_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `items` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`user_id` bigint NOT NULL,
	`title` varbinary(800) NOT NULL,
	`created_at_ms` bigint NOT NULL,
	CONSTRAINT `items_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `refresh_tokens` (
	`hash` varbinary(43) NOT NULL,
	`session_id` varbinary(22) NOT NULL,
	`created_at_ms` bigint NOT NULL,
	`expires_at_ms` bigint NOT NULL,
	`used_at_ms` bigint,
	`child_hash` varbinary(43),
	CONSTRAINT `refresh_tokens_hash` PRIMARY KEY(`hash`)
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` varbinary(22) NOT NULL,
	`user_id` bigint,
	`client_id` varbinary(100) NOT NULL,
	`scope` varbinary(1000) NOT NULL,
	`user_agent` varbinary(800),
	`created_at_ms` bigint NOT NULL,
	`last_used_at_ms` bigint NOT NULL,
	`expires_at_ms` bigint NOT NULL,
	`revoked_at_ms` bigint,
	CONSTRAINT `sessions_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`email` varbinary(254) NOT NULL,
	`username` varbinary(800),
	`full_name` varbinary(800),
	`disabled` boolean NOT NULL DEFAULT false,
	`password_hash` varbinary(100) NOT NULL,
	`created_at_ms` bigint NOT NULL,
	CONSTRAINT `users_id` PRIMARY KEY(`id`),
	CONSTRAINT `users_email` UNIQUE(`email`),
	CONSTRAINT `users_username` UNIQUE(`username`)
);
--> statement-breakpoint
ALTER TABLE `items` ADD CONSTRAINT `items_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `refresh_tokens` ADD CONSTRAINT `refresh_tokens_session_id_sessions_id_fk` FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `sessions` ADD CONSTRAINT `sessions_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `items_user` ON `items` (`user_id`);--> statement-breakpoint
CREATE INDEX `refresh_tokens_session` ON `refresh_tokens` (`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_expires` ON `sessions` (`expires_at_ms`);