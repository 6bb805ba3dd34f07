/** The agents' fabric: watched at a few agents, and merged into the report at once. */
@NullMarked
package io.llamamesh.scraper.fabric;

import org.jspecify.annotations.NullMarked;
