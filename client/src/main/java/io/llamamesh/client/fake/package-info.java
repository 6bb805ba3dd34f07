/**
 * A server with scripted windows, reports and matrices, for tests of programs that read them. It
 * listens on the loopback address only. Imports the JDK's HTTP server, which nothing else of the
 * client does.
 */
@NullMarked
package io.llamamesh.client.fake;

import org.jspecify.annotations.NullMarked;
