CREATE TABLE `sessions` (
	`id` varbinary(22) NOT NULL,
	`user_id` bigint NOT NULL,
	`client_id` varbinary(100) NOT NULL,
	`created_at_ms` bigint NOT NULL,
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
ALTER TABLE `sessions` ADD CONSTRAINT `sessions_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);