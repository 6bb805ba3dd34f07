package io.llamamesh.scraper.testing;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.llamamesh.testkit.junit.TestCluster;
import java.nio.file.Path;

/** A ServiceAccount with the rights that are for scrapers, and no others. */
public final class ScraperAccount {
  public static final String NAME = "scraper";
  private static final Path ROLES = Path.of("../examples/rbac.yaml");

  private ScraperAccount() {}

  /** Makes it; the connection that it has. */
  public static Config config(TestCluster cluster) {
    create(cluster);
    return cluster.serviceAccountConfig(NAME);
  }

  /** Makes it; a client of it, closed after the test. */
  public static KubernetesClient client(TestCluster cluster) {
    create(cluster);
    return cluster.serviceAccountClient(NAME);
  }

  /** Makes it; a kubeconfig of it. */
  public static String kubeconfig(TestCluster cluster) {
    create(cluster);
    return cluster.serviceAccountKubeconfig(NAME);
  }

  private static void create(TestCluster cluster) {
    cluster.apply(ROLES);
    cluster.serviceAccount(NAME, "llama-mesh-scraper");
  }
}
