/** Trust over TLS, and certificates to serve by; for all parts, of the JDK and a log alone. */
@NullMarked
package io.llamamesh.tls;

import org.jspecify.annotations.NullMarked;
