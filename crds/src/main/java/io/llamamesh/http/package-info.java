/** Parts of every HTTP server of ours: bounds, bearer tokens, queries; imports only the JDK. */
@NullMarked
package io.llamamesh.http;

import org.jspecify.annotations.NullMarked;
