CREATE TABLE `throttles` (
	`hash` text PRIMARY KEY NOT NULL,
	`attempts` integer NOT NULL,
	`blocked_until_ms` integer NOT NULL,
	`expires_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `throttles_expires` ON `throttles` (`expires_at_ms`);