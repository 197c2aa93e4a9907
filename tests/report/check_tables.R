# Opens the tables of a study in R. Usage: check_tables.R FOLDER
folder <- commandArgs(trailingOnly = TRUE)[1]
rows <- read.csv(file.path(folder, "study.csv"))
stopifnot(nrow(rows) > 0, is.numeric(rows$effect), is.numeric(rows$at_gap_bp), is.character(rows$contrast))
stopifnot(all(rows$low <= rows$effect & rows$effect <= rows$high))
cat("R, CSV:", nrow(rows), "rows,", ncol(rows), "columns\n")
if (requireNamespace("nanoparquet", quietly = TRUE)) {
  same <- nanoparquet::read_parquet(file.path(folder, "study.parquet"))
  stopifnot(identical(same$effect, rows$effect), identical(names(same), names(rows)))
  cat("R, Parquet:", nrow(same), "rows, as in the CSV\n")
}
