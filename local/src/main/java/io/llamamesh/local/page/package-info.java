/** The way from this machine's port to the scraper's page; imports nothing of the others. */
@NullMarked
package io.llamamesh.local.page;

import org.jspecify.annotations.NullMarked;
