/**
 * The running scraper: lifecycles, loops and leadership. {@link
 * io.llamamesh.scraper.run.ScraperRun} is its public face. Imports neither the Kubernetes client
 * nor a store's client, and reads no environment.
 */
@NullMarked
package io.llamamesh.scraper.run;

import org.jspecify.annotations.NullMarked;
