package io.llamamesh.operator.resources;

import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.llamamesh.crd.Scraper.InfluxDb;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Options of the scraper for its store: arguments, and Secrets as files. A secret's value never
 * passes through the operator.
 *
 * @param args command-line arguments
 * @param volumes the Secrets
 * @param mounts where they are
 */
record ScraperStoreOptions(List<String> args, List<Volume> volumes, List<VolumeMount> mounts) {
  private static final String CREDENTIALS = "/etc/llama-mesh/influxdb";
  private static final String AUTHORITY = "/etc/llama-mesh/influxdb-ca";

  static ScraperStoreOptions of(@Nullable InfluxDb store) {
    List<String> args = new ArrayList<>();
    List<Volume> volumes = new ArrayList<>();
    List<VolumeMount> mounts = new ArrayList<>();
    if (store != null) {
      args.add("--influxdb-url=" + store.url());
      var v2 = store.v2();
      if (v2 != null) {
        args.add("--influxdb-org=" + v2.org());
        args.add("--influxdb-bucket=" + v2.bucket());
        args.add("--influxdb-token-file=" + CREDENTIALS + "/" + v2.tokenSecret().key());
        volumes.add(PodParts.secret("influxdb", v2.tokenSecret().name()));
        mounts.add(PodParts.mount("influxdb", CREDENTIALS, true));
      }
      var v1 = store.v1();
      if (v1 != null) {
        args.add("--influxdb-database=" + v1.database());
        if (v1.retentionPolicy() != null && !v1.retentionPolicy().isEmpty()) {
          args.add("--influxdb-retention-policy=" + v1.retentionPolicy());
        }
        if (v1.credentialsSecret() != null) {
          args.add("--influxdb-username-file=" + CREDENTIALS + "/username");
          args.add("--influxdb-password-file=" + CREDENTIALS + "/password");
          volumes.add(PodParts.secret("influxdb", v1.credentialsSecret().name()));
          mounts.add(PodParts.mount("influxdb", CREDENTIALS, true));
        }
      }
      var tls = store.tls();
      if (tls != null) {
        if (tls.caSecret() != null) {
          args.add("--influxdb-ca-file=" + AUTHORITY + "/" + tls.caSecret().key());
          volumes.add(PodParts.secret("influxdb-ca", tls.caSecret().name()));
          mounts.add(PodParts.mount("influxdb-ca", AUTHORITY, true));
        }
        if (Boolean.TRUE.equals(tls.insecureSkipVerify())) {
          args.add("--influxdb-insecure-skip-verify");
        }
      }
    }
    return new ScraperStoreOptions(List.copyOf(args), List.copyOf(volumes), List.copyOf(mounts));
  }
}
