/**
 * What agents and scraper say about the network, points, cursors and report; imports nothing but
 * Jackson.
 */
@NullMarked
package io.llamamesh.results;

import org.jspecify.annotations.NullMarked;
