-- The effects in the temporary table `restated` added up: of the accounts that the reader may open, and of the others.
SELECT visible, count(*) AS accounts,
       sum(opening) AS opening, sum(fx) AS fx, sum(new) AS new, sum(expansion) AS expansion, sum(contraction) AS contraction,
       sum(churned) AS churned, sum(reactivation) AS reactivation, sum(closing) AS closing,
       sum(opening_customers) AS opening_customers, sum(new_customers) AS new_customers,
       sum(expanded_customers) AS expanded_customers, sum(contracted_customers) AS contracted_customers,
       sum(churned_customers) AS churned_customers, sum(reactivated_customers) AS reactivated_customers,
       sum(closing_customers) AS closing_customers
  FROM restated
 GROUP BY visible;
