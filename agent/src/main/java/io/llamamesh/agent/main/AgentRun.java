package io.llamamesh.agent.main;

import io.llamamesh.agent.collector.Collector;
import io.llamamesh.agent.collector.CollectorCounters;
import io.llamamesh.agent.collector.WindowArchive;
import io.llamamesh.agent.config.ConfigApplier;
import io.llamamesh.agent.config.ConfigSource;
import io.llamamesh.agent.config.FileConfig;
import io.llamamesh.agent.config.KubernetesConfig;
import io.llamamesh.agent.config.LocalAddress;
import io.llamamesh.agent.config.LocalCopy;
import io.llamamesh.agent.config.PlanMapper;
import io.llamamesh.agent.http.AgentState;
import io.llamamesh.agent.http.ApiServer;
import io.llamamesh.agent.net.ChannelNetwork;
import io.llamamesh.agent.net.UdpNetwork;
import io.llamamesh.agent.reflector.Reflector;
import io.llamamesh.agent.reflector.ReflectorCounters;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One life of an agent: starts its parts, waits for the signal, ends them in order. */
final class AgentRun {

  private static final Logger LOG = LoggerFactory.getLogger(AgentRun.class);

  private AgentRun() {}

  static int run(AgentSettings settings) throws IOException, InterruptedException {
    CountDownLatch stop = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    Thread hook =
        Thread.ofPlatform()
            .name("shutdown")
            .unstarted(() -> {
              stop.countDown();
              try {
                ended.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      serve(settings, stop);
      return 0;
    } finally {
      ended.countDown();
    }
  }

  private static void serve(AgentSettings settings, CountDownLatch stop)
      throws IOException, InterruptedException {
    UdpNetwork network = new ChannelNetwork("native sockets are not there yet");
    SecureRandom random = new SecureRandom();
    ReflectorCounters reflected = new ReflectorCounters();
    CollectorCounters collected = new CollectorCounters();
    byte[] boot = new byte[8];
    random.nextBytes(boot);
    WindowArchive archive = new WindowArchive(HexFormat.of().formatHex(boot));
    try (Reflector reflector =
            Reflector.start(
                network,
                settings.sockets(settings.port()),
                settings.maxPps(),
                random.nextInt(),
                reflected);
        Collector collector =
            Collector.start(
                network,
                settings.bound(),
                random.nextInt(),
                archive,
                collected,
                new PeerLog(),
                new CollectorLog(stop))) {
      LocalCopy copy = copy(settings);
      ConfigApplier applier =
          new ConfigApplier(
              new PlanMapper(localAddress(settings), settings.nodeName()),
              collector::apply,
              copy,
              settings.port());
      AgentState state =
          new AgentState(
              network.description(),
              reflector.locals().stream().map(Object::toString).toList(),
              reflector.receiveBufferBytes(),
              collector::flows,
              applier::state,
              archive,
              collected,
              reflected);
      try (ApiServer api =
          ApiServer.start(settings.sockets(settings.apiPort()), state, InstantSource.system())) {
        LOG.info(
            "agent up reflector={} api={} network=\"{}\"",
            reflector.locals(),
            api.locals(),
            network.description());
        ConfigSource config = config(settings, applier, copy);
        try {
          stop.await();
        } finally {
          config.close();
        }
        LOG.info("agent stopping");
        reflector.drain();
      }
    }
  }

  private static ConfigSource config(
      AgentSettings settings, ConfigApplier applier, @Nullable LocalCopy copy) throws IOException {
    if (settings.config() != null) {
      FileConfig file = new FileConfig(settings.config(), applier);
      if (!file.load()) {
        throw new IOException("config " + settings.config() + ": " + applier.state().error());
      }
      return () -> {};
    }
    AgentSettings.Kubernetes names = settings.kubernetes();
    if (names == null) {
      throw new IllegalStateException("neither a file nor a ConfigMap is given");
    }
    return KubernetesConfig.start(names.namespace(), names.mesh(), names.node(), applier, copy);
  }

  private static @Nullable LocalCopy copy(AgentSettings settings) throws IOException {
    if (settings.stateDir() == null || settings.kubernetes() == null) {
      return null;
    }
    Files.createDirectories(settings.stateDir());
    return new LocalCopy(settings.stateDir());
  }

  /** A bound address is the answer; only with a wildcard the routing table has to be asked. */
  private static LocalAddress localAddress(AgentSettings settings) {
    List<InetAddress> bound = settings.bound();
    return target -> {
      for (InetAddress address : bound) {
        if (!address.isAnyLocalAddress() && address.getClass() == target.getAddress().getClass()) {
          return address;
        }
      }
      return LocalAddress.byRoute(target);
    };
  }
}
