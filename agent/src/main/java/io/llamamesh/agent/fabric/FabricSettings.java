package io.llamamesh.agent.fabric;

import io.llamamesh.config.CollectorConfig;
import java.net.InetAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Settings of the fabric from the command line and the environment; a config document's section
 * wins unless it comes from a registry.
 *
 * @param trustsDocuments whether a config document's section counts: a registry's does not, since
 *     it would open a port and say whom to call
 * @param enabled whether to take part where the document says nothing
 * @param port TCP and UDP port where the document says nothing
 * @param contacts agents to ask to be taken in, beside the document's
 * @param allowUnauthenticated whether other hosts are spoken to without keys
 * @param mesh name of the mesh where the document has none
 * @param name this agent's name where the document has none; null for none
 * @param addresses local addresses to listen on; empty for all
 * @param announced address at which others reach this agent; null: the one that it listens on, or
 *     that of its route to its peers
 * @param epoch epoch of this agent's reflector
 */
public record FabricSettings(
    boolean trustsDocuments,
    boolean enabled,
    int port,
    List<CollectorConfig.Contact> contacts,
    boolean allowUnauthenticated,
    String mesh,
    @Nullable String name,
    List<InetAddress> addresses,
    @Nullable InetAddress announced,
    int epoch) {

  /** Name of the mesh where nobody gives one. */
  public static final String DEFAULT_MESH = "default";

  /** Copies the lists. */
  public FabricSettings {
    contacts = List.copyOf(contacts);
    addresses = List.copyOf(addresses);
  }
}
