package io.llamamesh.agent.main;

import io.llamamesh.config.CollectorConfig;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the fabric: whether an agent takes part, and its first contacts. */
final class FabricFlagOptions {

  @Option(
      names = "--fabric",
      description =
          "Joins the fabric, agents that know of each other, where the config has no section"
              + " fabric; its members are the config's named targets. Needs a name: source.name in"
              + " the config, or NODE_NAME.")
  private boolean enabled;

  @Option(
      names = "--fabric-port",
      paramLabel = "PORT",
      defaultValue = "8101",
      description = "TCP and UDP port of the fabric on all agents (default: ${DEFAULT-VALUE}).")
  private int port;

  @Option(
      names = "--fabric-contact",
      paramLabel = "NAME=ADDRESS[:PORT]",
      split = ",",
      description = "Contact nodes to join by, beside the config's named targets.")
  private List<String> contacts = new ArrayList<>();

  @Option(
      names = "--fabric-address",
      paramLabel = "ADDRESS",
      description =
          "Address at which other agents reach this one's fabric, where something between them"
              + " forwards the port (default: the one that it listens on, or sends from).")
  private @Nullable String address;

  @Option(
      names = "--fabric-unauthenticated",
      description =
          "Accepts agents of other hosts without keys (--auth-dir): whoever reaches the port can"
              + " then impersonate any of them (default: without keys only agents of this host).")
  private boolean unauthenticated;

  AgentSettings.FabricFlags flags(BindOptions options) {
    options.checkPort("--fabric-port", port);
    if (port == 0) {
      throw options.usageError("--fabric-port must be from 1 to 65535, was 0");
    }
    return new AgentSettings.FabricFlags(
        enabled,
        port,
        contacts.stream().map(text -> contact(text, options)).toList(),
        unauthenticated,
        address(options));
  }

  private @Nullable InetAddress address(BindOptions options) {
    String text = address;
    if (text == null) {
      return null;
    }
    try {
      InetAddress parsed = InetAddress.ofLiteral(withoutBrackets(text));
      if (!parsed.isAnyLocalAddress() && text.indexOf('%') < 0) {
        return parsed;
      }
    } catch (IllegalArgumentException e) {
      // refused below
    }
    throw options.usageError(
        "--fabric-address must be an IP address without a zone that others can reach, was '"
            + text
            + "'");
  }

  private CollectorConfig.Contact contact(String text, BindOptions options) {
    int equals = text.indexOf('=');
    String host = text.substring(equals + 1);
    try {
      InetSocketAddress whole = withPort(host);
      if (equals > CollectorConfig.Contact.MAX_NAME
          || host.indexOf('%') >= 0
          || (whole != null && whole.getPort() == 0)) {
        throw new IllegalArgumentException("refused below");
      }
      if (equals > 0 && whole != null) {
        return new CollectorConfig.Contact(
            text.substring(0, equals), whole.getAddress().getHostAddress(), whole.getPort());
      }
      if (equals > 0) {
        InetAddress address = InetAddress.ofLiteral(withoutBrackets(host));
        return new CollectorConfig.Contact(
            text.substring(0, equals), address.getHostAddress(), null);
      }
    } catch (IllegalArgumentException e) {
      // refused below
    }
    throw options.usageError(
        "--fabric-contact must be NAME=ADDRESS or NAME=ADDRESS:PORT, with a name of at most 253"
            + " characters, an IP address without a zone, and a port from 1 to 65535, was '"
            + text
            + "'");
  }

  private static @Nullable InetSocketAddress withPort(String text) {
    int colon = text.lastIndexOf(':');
    boolean bare = colon < 0 || (text.indexOf(':') != colon && !text.startsWith("["));
    if (bare || text.endsWith("]")) {
      return null;
    }
    return new InetSocketAddress(
        InetAddress.ofLiteral(withoutBrackets(text.substring(0, colon))),
        Integer.parseInt(text.substring(colon + 1)));
  }

  private static String withoutBrackets(String text) {
    return text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
  }
}
