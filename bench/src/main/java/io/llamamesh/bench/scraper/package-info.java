/**
 * {@code bench scraper}: what so many agents cost the scraper; imports {@code .process}, {@code
 * .figures}, and of the scraper only the tables that it asks QuestDB for.
 */
@NullMarked
package io.llamamesh.bench.scraper;

import org.jspecify.annotations.NullMarked;
