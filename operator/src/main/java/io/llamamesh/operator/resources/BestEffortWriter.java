package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfig;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes what a mesh is as good without, one after the other on a thread of its own, each with one
 * try that ends after two seconds: somebody's admission webhook that does not answer must not hold
 * up what meshes need.
 *
 * <p>Any thread may call; {@link #close} ends the thread.
 */
public final class BestEffortWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BestEffortWriter.class);
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int MAX_WAITING = 1_000;

  private final KubernetesClient client;
  private final ThreadPoolExecutor thread;

  /**
   * @param name the thread's
   * @param client stays the caller's
   */
  public BestEffortWriter(String name, KubernetesClient client) {
    RequestConfig once =
        new RequestConfigBuilder(client.getConfiguration().getRequestConfig())
            .withRequestTimeout(Math.toIntExact(PATIENCE.toMillis()))
            .withRequestRetryBackoffLimit(0)
            .build();
    this.client = client.newClient(once).adapt(KubernetesClient.class);
    this.thread =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            Thread.ofVirtual().name(name).factory());
  }

  /**
   * Has it done soon.
   *
   * @param work takes a client that tries once
   * @return false where too much is waiting already, or it is closed: nothing will be done
   */
  public boolean trySubmit(Consumer<KubernetesClient> work) {
    try {
      thread.execute(() -> run(work));
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private void run(Consumer<KubernetesClient> work) {
    try {
      work.accept(client);
    } catch (RuntimeException e) {
      if (!thread.isShutdown()) {
        LOG.warn("optional object not written error={}", e.toString());
      }
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
