CREATE TABLE `throttles` (
	`hash` varbinary(43) NOT NULL,
	`attempts` bigint NOT NULL,
	`blocked_until_ms` bigint NOT NULL,
	`expires_at_ms` bigint NOT NULL,
	CONSTRAINT `throttles_hash` PRIMARY KEY(`hash`)
);
--> statement-breakpoint
CREATE INDEX `throttles_expires` ON `throttles` (`expires_at_ms`);