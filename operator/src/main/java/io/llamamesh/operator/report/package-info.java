/**
 * The scrapers' reports: who is asked, over HTTP, and whose word counts. Imports {@code .status}
 * for what is known of the network, and nothing else of ours.
 */
@NullMarked
package io.llamamesh.operator.report;

import org.jspecify.annotations.NullMarked;
