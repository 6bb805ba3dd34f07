package io.llamamesh.registry.directory;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/**
 * A probe's request for its config.
 *
 * @param group the group
 * @param port the port under which it registered; null from probes of the first revision
 * @param ip the address with which it registered; null: where the request comes from
 * @param instance which probe it is; null from probes of llama-sd
 * @param seen where the request comes from
 */
public record ConfigQuery(
    String group,
    @Nullable String port,
    @Nullable String ip,
    @Nullable String instance,
    InetAddress seen) {}
