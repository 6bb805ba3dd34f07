package io.llamamesh.registry.main;

import io.llamamesh.registry.directory.ExpiryResult;
import io.llamamesh.registry.directory.Registry;
import io.llamamesh.registry.directory.RegistrySettings;
import io.llamamesh.registry.http.RegistryMetrics;
import io.llamamesh.registry.http.RegistryServer;
import io.llamamesh.registry.store.InfluxExport;
import io.llamamesh.registry.store.NodesFile;
import io.llamamesh.registry.store.StateFile;
import io.llamamesh.registry.store.StateSaver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One life of a registry: the directory, its server, and a thread that looks for what ran out,
 * another that saves where there is a folder, and one that writes metrics where there is a store.
 */
final class RegistryRun implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryRun.class);
  private static final long LOOK_EVERY_SECONDS = 1;
  private static final int SWEEP_EVERY = 10;

  /** Longest wait for a disk: a registry without one serves as well. */
  private static final Duration SAVE_PATIENCE = Duration.ofSeconds(2);

  private static final long EXPORT_EVERY_SECONDS = 60;
  private static final long END_SECONDS = 5;

  private final Registry registry;
  private final RegistryMetrics metrics;
  private final RegistryServer server;
  private final @Nullable RegistryServer inside;
  private final @Nullable NodesFile nodes;
  private final @Nullable StateFile state;
  private final @Nullable StateSaver saver;
  private final @Nullable InfluxExport export;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread keeper;
  private final @Nullable Thread exporter;

  /**
   * Settings of one life.
   *
   * @param tls serves HTTPS by it; null: HTTP
   * @param stateDir where the directory is kept; null: in memory only
   * @param influx where its own metrics go; null: nowhere
   * @param cluster what it is to a cluster
   */
  record Options(
      InetSocketAddress address,
      @Nullable SSLContext tls,
      RegistrySettings settings,
      RegistryServer.Access access,
      @Nullable Path stateDir,
      InfluxExport.@Nullable Target influx,
      Cluster cluster) {}

  /**
   * Settings of a registry that an operator runs.
   *
   * @param nodesFile nodes of the cluster; null: there is none
   * @param insidePort port for the cluster's own, without TLS; negative: none
   * @param settle how long a start without a saved directory takes until all have come back
   */
  record Cluster(@Nullable Path nodesFile, int insidePort, Duration settle) {
    static final Cluster NONE = new Cluster(null, -1, Duration.ZERO);
  }

  private RegistryRun(
      Registry registry,
      RegistryServer server,
      @Nullable RegistryServer inside,
      @Nullable NodesFile nodes,
      @Nullable StateFile state,
      @Nullable InfluxExport export) {
    this.registry = registry;
    this.inside = inside;
    this.nodes = nodes;
    this.metrics = new RegistryMetrics(registry, InstantSource.system());
    this.server = server;
    this.state = state;
    this.saver = state == null ? null : new StateSaver(state, registry);
    this.export = export;
    this.keeper = Thread.ofPlatform().name("keeper").unstarted(this::keep);
    this.exporter =
        export == null
            ? null
            : Thread.ofPlatform().name("exporter").unstarted(() -> export(export));
  }

  /**
   * Starts; the directory of an earlier life is there before the first request is answered.
   *
   * @throws IOException where the address or the folder cannot be had
   */
  static RegistryRun start(Options options) throws IOException {
    StateFile state = options.stateDir() == null ? null : StateFile.open(options.stateDir());
    try {
      RegistryServer server = RegistryServer.bind(options.address(), options.tls());
      Registry registry =
          new Registry(
              options.settings(),
              System::nanoTime,
              LocalDateTime::now,
              new RegistryLog(System::nanoTime));
      Cluster cluster = options.cluster();
      NodesFile nodes = NodesFile.open(cluster.nodesFile(), registry);
      if (state != null) {
        state.load(registry);
      }
      if (registry.counts().probes() == 0) {
        registry.settleFor(cluster.settle().toNanos());
      }
      RegistryServer inside =
          cluster.insidePort() < 0
              ? null
              : RegistryServer.bind(
                  new InetSocketAddress(options.address().getAddress(), cluster.insidePort()),
                  null);
      RegistryRun run =
          new RegistryRun(
              registry,
              server,
              inside,
              nodes,
              state,
              options.influx() == null ? null : export(options.influx()));
      run.keeper.start();
      if (run.saver != null) {
        run.saver.start();
      }
      if (run.exporter != null) {
        run.exporter.start();
      }
      run.serve(server, options);
      if (inside != null) {
        run.serve(inside, options);
      }
      if (options.tls() == null && !options.address().getAddress().isLoopbackAddress()) {
        LOG.warn("tokens and registrations are not encrypted: give --tls-cert and --tls-key");
      }
      return run;
    } catch (IOException e) {
      if (state != null) {
        state.close();
      }
      throw e;
    }
  }

  private void serve(RegistryServer by, Options options) {
    by.start(registry, this::awaitSaved, metrics, options.access(), System::nanoTime);
  }

  private void awaitSaved(long version) throws InterruptedException {
    if (saver != null) {
      var _ = saver.awaitSaved(version, SAVE_PATIENCE);
    }
  }

  private static InfluxExport export(InfluxExport.Target target) {
    String host = "localhost";
    String address = "127.0.0.1";
    try {
      InetAddress own = InetAddress.getLocalHost();
      host = own.getHostName();
      address = own.getHostAddress();
    } catch (UnknownHostException e) {
      LOG.debug("this host does not know its own name", e);
    }
    return new InfluxExport(target, host, address);
  }

  String url() {
    return server.url();
  }

  private void keep() {
    int round = 0;
    try {
      while (!stop.await(LOOK_EVERY_SECONDS, TimeUnit.SECONDS)) {
        try {
          if (++round % SWEEP_EVERY == 0) {
            sweep();
          }
          if (nodes != null) {
            nodes.refresh(registry);
          }
        } catch (RuntimeException e) {
          // A mistake of ours in one round must not end ageing for good.
          LOG.error("looking for what ran out failed", e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void sweep() {
    long began = System.nanoTime();
    ExpiryResult found = registry.removeExpired();
    metrics.recordSweep(
        new RegistryMetrics.Swept(found, Duration.ofNanos(System.nanoTime() - began)));
  }

  private void export(InfluxExport to) {
    try {
      while (!stop.await(EXPORT_EVERY_SECONDS, TimeUnit.SECONDS)) {
        to.write(metrics.json(), InstantSource.system().instant());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("writing metrics ended", e);
    }
  }

  /** Stops answering, saves, and ends the threads. */
  @Override
  public void close() throws IOException {
    server.close();
    if (inside != null) {
      inside.close();
    }
    stop.countDown();
    join(keeper);
    if (export != null && exporter != null) {
      export.close();
      exporter.interrupt();
      join(exporter);
    }
    if (saver != null && state != null) {
      saver.close();
      state.close();
    }
  }

  private static void join(Thread thread) {
    try {
      thread.join(Duration.ofSeconds(END_SECONDS));
    } catch (InterruptedException e) {
      // Interrupted: what is left of the end follows without waiting.
      Thread.currentThread().interrupt();
    }
  }
}
