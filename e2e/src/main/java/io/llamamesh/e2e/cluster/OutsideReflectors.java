package io.llamamesh.e2e.cluster;

import io.llamamesh.e2e.machine.Daemon;
import io.llamamesh.e2e.machine.Subprocess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A reflector beside the control plane that answers at many addresses, as so many hosts would. */
public final class OutsideReflectors implements AutoCloseable {
  /** Its UDP port at each address. */
  public static final int PORT = 8300;

  private static final Duration UP_WITHIN = Duration.ofSeconds(30);

  private final Daemon reflector;
  private final String bridge;
  private final IpFamily family;
  private final List<String> addresses;

  private OutsideReflectors(
      Daemon reflector, String bridge, IpFamily family, List<String> addresses) {
    this.reflector = reflector;
    this.bridge = bridge;
    this.family = family;
    this.addresses = addresses;
  }

  /**
   * Starts it.
   *
   * @param agent the agent's program of this tree
   * @param addresses of the nodes' network, which nobody has yet
   */
  static OutsideReflectors start(
      Path agent, Path log, String bridge, IpFamily family, List<String> addresses)
      throws IOException, InterruptedException {
    for (String address : addresses) {
      Subprocess.run("ip", "addr", "add", family.withPrefix(address), "dev", bridge);
    }
    Daemon reflector =
        Daemon.start(
            "reflector",
            log,
            Map.of(),
            List.of("sh", agent.toString(), "reflector", "--port=" + PORT));
    OutsideReflectors started = new OutsideReflectors(reflector, bridge, family, addresses);
    Wait.until(
        "reflector outside of the cluster",
        UP_WITHIN,
        () ->
            Subprocess.run("ss", "-Hlun", "sport = :" + PORT).isBlank()
                ? "it does not listen, see " + log
                : "");
    return started;
  }

  /** Addresses at which it answers. */
  public List<String> addresses() {
    return addresses;
  }

  @Override
  public void close() throws IOException {
    try {
      reflector.stop();
      for (String address : addresses) {
        Subprocess.run("ip", "addr", "del", family.withPrefix(address), "dev", bridge);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
