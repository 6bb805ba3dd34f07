/**
 * Credentials by which the parts of a mesh know each other: rings of keys and tokens, as the
 * operator writes them and agents and scraper read them; imports nothing but Jackson and {@code
 * results}.
 */
@NullMarked
package io.llamamesh.auth;

import org.jspecify.annotations.NullMarked;
