/** What every HTTP server of ours shares: its bounds and bearer tokens; imports only the JDK. */
@NullMarked
package io.llamamesh.http;

import org.jspecify.annotations.NullMarked;
