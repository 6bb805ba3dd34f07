package io.llamamesh.scraper.run;

import java.net.InetSocketAddress;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Where agents post their windows, and which may.
 *
 * @param address on which the ingest listens
 * @param accepted predicate for the value of the header {@code Authorization} of last windows;
 *     null: the mesh's tokens
 * @param acceptedPush the same of agents that push all of their windows
 * @param tls serves HTTPS by it; null: HTTP
 */
public record IngestAccess(
    InetSocketAddress address,
    @Nullable Predicate<@Nullable String> accepted,
    @Nullable Predicate<@Nullable String> acceptedPush,
    @Nullable SSLContext tls) {}
