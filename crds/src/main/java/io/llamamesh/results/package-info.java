/** Results of agents and scraper: points, cursors and the report; imports nothing but Jackson. */
@NullMarked
package io.llamamesh.results;

import org.jspecify.annotations.NullMarked;
