/**
 * Clients of what other programs read over HTTP: an agent's windows and what it knows by its
 * fabric, and a scraper's report and matrix.
 *
 * <pre>{@code
 * ClientOptions options = ClientOptions.standard().withTimeout(Duration.ofSeconds(2));
 * try (ScraperClient scraper = new ScraperClient(options)) {
 *   MeshReport report = scraper.report(URI.create("http://127.0.0.1:8080"));
 * }
 * try (WindowsClient windows = new WindowsClient(options.withToken(() -> token))) {
 *   WindowCursor cursor = null;
 *   WindowPage page;
 *   do {
 *     page = windows.after(URI.create("http://10.0.0.3:8100"), cursor, 10);
 *     page.points().forEach(this::take);
 *     cursor = page.cursor();
 *   } while (page.hasMore());
 * }
 * FabricClient fabric = new FabricClient(options);
 * DocumentWatch watch = fabric.watchMembers(URI.create("http://10.0.0.3:8100"), this::show);
 * }</pre>
 *
 * <p><b>Guarantees</b>, of every call:
 *
 * <ul>
 *   <li>Time: it returns or throws within the timeout of {@link ClientOptions}, counted from the
 *       connect to the last byte. A server that trickles is as dead as a silent one.
 *   <li>Size: an answer has at most {@code maxBytes}; more is refused while it is read, never held.
 *       Of an answer other than 200 only the first 500 bytes are read, for the message.
 *   <li>Redirects are not followed, so that a token goes to the server that was named and to nobody
 *       else.
 *   <li>Errors: {@link io.llamamesh.client.ClientException} whatever the server does, with a {@code
 *       Kind} for programs and one line for people; {@code InterruptedException} when the calling
 *       thread is interrupted; {@code IllegalArgumentException} for arguments that are wrong
 *       whatever a server says. Nothing is tried again: who calls knows when. Watches alone connect
 *       again by themselves ({@link io.llamamesh.client.DocumentWatch}).
 *   <li>Texts of a server come without control characters.
 *   <li>Clients are safe for several threads, and are to be closed; that ends calls that run.
 * </ul>
 *
 * <p>{@code fake} has a server for other people's tests. This package imports the contracts' {@code
 * results} and the JDK.
 */
@NullMarked
package io.llamamesh.client;

import org.jspecify.annotations.NullMarked;
