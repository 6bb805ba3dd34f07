/** Bearer tokens of the mesh and of the API; imports no other package of the scraper. */
@NullMarked
package io.llamamesh.scraper.auth;

import org.jspecify.annotations.NullMarked;
