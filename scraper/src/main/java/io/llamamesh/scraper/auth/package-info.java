/**
 * The mesh's bearer tokens, as a mounted Secret has them; imports nothing else of the scraper's.
 */
@NullMarked
package io.llamamesh.scraper.auth;

import org.jspecify.annotations.NullMarked;
