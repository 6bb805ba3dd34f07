/** Whom to trust over TLS; for all parts, and of the JDK alone. */
@NullMarked
package io.llamamesh.tls;

import org.jspecify.annotations.NullMarked;
