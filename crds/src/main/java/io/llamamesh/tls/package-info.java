/** Trust over TLS, and what came of it; for all parts, of the JDK and a log alone. */
@NullMarked
package io.llamamesh.tls;

import org.jspecify.annotations.NullMarked;
