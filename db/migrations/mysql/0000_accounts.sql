CREATE TABLE `sessions` (
	`id` varchar(22) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`user_id` bigint NOT NULL,
	`client_id` varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`created_at_ms` bigint NOT NULL,
	`revoked_at_ms` bigint,
	CONSTRAINT `sessions_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` bigint AUTO_INCREMENT NOT NULL,
	`email` varchar(254) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`username` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`full_name` varchar(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
	`disabled` boolean NOT NULL DEFAULT false,
	`password_hash` varchar(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
	`created_at_ms` bigint NOT NULL,
	CONSTRAINT `users_id` PRIMARY KEY(`id`),
	CONSTRAINT `users_email` UNIQUE(`email`),
	CONSTRAINT `users_username` UNIQUE(`username`)
);
--> statement-breakpoint
ALTER TABLE `sessions` ADD CONSTRAINT `sessions_user_id_users_id_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `sessions_user` ON `sessions` (`user_id`);